"""What tokens begin with, so that people, programs and secret scanners recognize them."""

REFRESH_PREFIX = "uctl_rt_"
API_PREFIX = "uctl_api_"

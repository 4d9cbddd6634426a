"""The prefixes by which people, programs and secret scanners recognize tokens."""

REFRESH_PREFIX = "uctl_rt_"
API_PREFIX = "uctl_api_"

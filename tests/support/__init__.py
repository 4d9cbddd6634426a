"""What tests share: a runner of the command, servers, and makers of data."""

"""Load on a real server from outside: processes, visitors, many sockets at once. For `manage.py benchmark`."""

"""From a request to a plan of the HTTP request; nothing here prints or renders."""

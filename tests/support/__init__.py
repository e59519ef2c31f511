"""What the tests of written programs share: a server with faults, a runner, cases, checks."""

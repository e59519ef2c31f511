"""`python -m chat_completions`: the same as the console command."""

from chat_completions.cli.app import main

main()

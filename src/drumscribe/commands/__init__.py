"""What each command does: arguments in, exit status out; a module for each theme.

Every handler checks what the user named before it imports anything heavy, so a wrong path fails at
once. Handlers print results to standard output; progress and remarks go to standard error.
"""

"""The script is read by a type checker, not run."""

collect_ignore = ["user_script.py"]

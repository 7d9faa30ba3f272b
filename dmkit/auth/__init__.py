"""Who is who: basic, MD5 and MAC, one scheme a file."""

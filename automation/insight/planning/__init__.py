"""`automation plan`: what would change if the files were published."""

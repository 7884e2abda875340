"""Projects of the tools analysts code in: read into annotated sentences, and written from labels."""

"""For notebooks: figures and widgets."""

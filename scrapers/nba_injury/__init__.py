"""The league's official injury report, a PDF."""

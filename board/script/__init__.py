"""The script that Streamlit runs. It has a folder of its own, since Streamlit puts that folder on the import path."""

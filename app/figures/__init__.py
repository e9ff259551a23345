"""Numbers as charts, tables and heatmap rows. Pure: no Streamlit."""

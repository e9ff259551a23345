# The dashboard with its extras, as a user without rights; `docker compose up` starts it with a database and a proxy.
FROM python:3.13-slim AS wheel
WORKDIR /source
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE requirements.txt ./
COPY requirements requirements
COPY lrp_engine lrp_engine
COPY app app
COPY .streamlit .streamlit
COPY sample_models sample_models
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 LRP_LENS_DATA=/data
RUN --mount=from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "$(echo /wheels/*.whl)[dashboard,onnx,postgres,subwords]" \
    && useradd --create-home --uid 10001 lens \
    && install --directory --owner lens --mode 700 /data
USER lens
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
# Other machines are refused unless a login is given, or --allow-remote: see docs/serving.md.
ENTRYPOINT ["lrp-lens", "dashboard", "--no-browser", "--port", "8501", "--address", "0.0.0.0"]

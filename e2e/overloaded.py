"""A webhook that sends its first requests away as Keyturn's does when it is overloaded: 429 with Retry-After."""

import http.server
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading


class Webhook:
    """Serves on a free port of an address until the block ends; `asked` counts the requests."""

    def __init__(self, address, refusals):
        self.asked = 0
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.asked += 1
                if webhook.asked <= refusals:
                    self.answer(429, b"too many reviews\n", {"Retry-After": "1"})
                else:
                    response = {"uid": review["request"]["uid"], "allowed": True}
                    self.answer(200, json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).encode(), {})

            def answer(self, status, body, headers):
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = f"https://{address}:{self.server.server_address[1]}/mutate"
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = pathlib.Path(folder, "key"), pathlib.Path(folder, "certificate")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                            "-subj", "/CN=overloaded", "-addext", f"subjectAltName=IP:{address}", "-days", "2"], check=True, stderr=subprocess.DEVNULL)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.ca = certificate.read_text()
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

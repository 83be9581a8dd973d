"""`python -m exporter.web.healthcheck`: exit 0 when the exporter beside it answers, else 1.

For the image. It knows neither the password nor the certificate's name, so it takes a refusal for
a sign of life, and speaks TLS where plain HTTP is not understood.
"""

import http.client
import ssl
import sys

# Shorter than the 5 s after which the image's health check counts as failed.
TIMEOUT_SECONDS = 3
REFUSED = {401, 403}


def alive(host: str, port: int) -> bool:
    """Whether an exporter answers there, be it with a refusal for want of a password."""
    plain = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    # The certificate names the host as others call it, never the loopback address.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    secure = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return _answers(plain) or _answers(secure, encrypted=True)


def _answers(connection: http.client.HTTPConnection, encrypted: bool = False) -> bool:
    try:
        connection.connect()
    except OSError:
        return False
    try:
        connection.request("GET", "/-/healthy")
        status = connection.getresponse().status
    except (ssl.SSLError, ConnectionError):
        # A handshake that was good and then an end: a client's certificate is wanted.
        return encrypted
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return status == 200 or status in REFUSED


if __name__ == "__main__":
    # http.client asks no proxy, whatever HTTP_PROXY says.
    sys.exit(not alive("127.0.0.1", int(sys.argv[1])))

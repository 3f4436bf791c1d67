"""A receiver on Django, as small as a correct one can be: `application` is its WSGI callable."""

import hashlib
import hmac
import json
import time

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

SECRET = "s3cret"


def digest(message):
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()


@csrf_exempt
def webhook(request):
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signature = request.headers.get("x-zm-signature", "")
    expected = "v0=" + digest(b"v0:" + timestamp.encode() + b":" + request.body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return HttpResponse("wrong signature", status=401)
    if abs(time.time() - int(timestamp)) > 300:
        return HttpResponse("too old", status=401)
    try:
        event = json.loads(request.body)
        name, payload = event["event"], event["payload"]
        if name == "endpoint.url_validation":
            token = payload["plainToken"]
            return JsonResponse({"plainToken": token, "encryptedToken": digest(token.encode())})
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return HttpResponse("malformed", status=400)
    return HttpResponse(status=204)


urlpatterns = [path("zoom", webhook)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of no use here")
application = get_wsgi_application()

"""Autodiscover: by SOAP and by XML, for an address, an alias, one that has moved, and nobody.

exchangelib looks at port 443 of hosts that it finds in the DNS. Here its first step goes to the server instead; all else is as it
is, but for its cache, which would be a file in the directory for temporary files.
"""

import contextlib
import tempfile
from pathlib import Path
from urllib.parse import urlparse

from exchangelib import Account, Credentials
from exchangelib.autodiscover import cache
from exchangelib.autodiscover.discovery import base, pox, soap
from exchangelib.errors import AutoDiscoverFailed, ErrorNonExistentMailbox, UnauthorizedError

from steps import equal, raises, step, true

ALIAS = "a.smith@example.com"
MOVED = "moved@example.com"
NOBODY = "nobody@example.com"


@contextlib.contextmanager
def at(endpoint):
    """Let the search begin, and end, at the host of the endpoint."""
    host = urlparse(endpoint).netloc

    def step_1(self, hostname):
        is_valid_response, ad = self._attempt_response(url=f"https://{host}/{self.URL_PATH}")
        return self._step_5(ad=ad) if is_valid_response else self._step_6()

    old = base.BaseAutodiscovery._step_1, base.BaseAutodiscovery._ensure_valid_hostname, cache.AUTODISCOVER_PERSISTENT_STORAGE
    with tempfile.TemporaryDirectory() as d:
        base.BaseAutodiscovery._step_1 = step_1
        base.BaseAutodiscovery._ensure_valid_hostname = lambda self, url: None
        cache.AUTODISCOVER_PERSISTENT_STORAGE = Path(d, "cache")
        try:
            yield
        finally:
            base.BaseAutodiscovery._step_1, base.BaseAutodiscovery._ensure_valid_hostname, cache.AUTODISCOVER_PERSISTENT_STORAGE = old
            cache.autodiscover_cache.close()
            cache.autodiscover_cache._protocols.clear()


def credentials(s):
    return Credentials(s.args.user, s.args.password)


@step
def discover_by_soap(s):
    with at(s.args.endpoint):
        for address, primary in ((s.args.other, s.args.other), (ALIAS, s.args.user), (MOVED, s.args.other)):
            ad, protocol = soap.SoapAutodiscovery(email=address, credentials=credentials(s)).discover()
            equal(ad.autodiscover_smtp_address, primary, f"primary address of {address}")
            equal(ad.ews_url, s.args.endpoint, f"URL for {address}")
            equal(protocol.service_endpoint, s.args.endpoint, f"endpoint for {address}")
            equal(ad.version.api_version, "Exchange2016", "newest schema")
            true(ad.user_settings["user_dn"].startswith("/o="), "distinguished name")
        with raises(ErrorNonExistentMailbox, what="nobody"):
            soap.SoapAutodiscovery(email=NOBODY, credentials=credentials(s)).discover()
        with raises(UnauthorizedError, AutoDiscoverFailed, what="wrong password"):
            soap.SoapAutodiscovery(email=s.args.other, credentials=Credentials(s.args.user, "wrong")).discover()


@step
def discover_by_xml(s):
    with at(s.args.endpoint):
        for address, primary in ((s.args.other, s.args.other), (ALIAS, s.args.user), (MOVED, s.args.other)):
            ad, protocol = pox.PoxAutodiscovery(email=address, credentials=credentials(s)).discover()
            equal(ad.autodiscover_smtp_address, primary, f"primary address of {address}")
            equal(ad.protocol.ews_url, s.args.endpoint, f"URL for {address}")
            equal(protocol.service_endpoint, s.args.endpoint, f"endpoint for {address}")
            equal(ad.version.build.major_version, 15, "major version")
        with raises(ErrorNonExistentMailbox, what="nobody"):
            pox.PoxAutodiscovery(email=NOBODY, credentials=credentials(s)).discover()


@step
def open_by_address(s):
    with at(s.args.endpoint):
        a = Account(primary_smtp_address=ALIAS, credentials=credentials(s), autodiscover=True, default_timezone=s.utc)
        equal(a.primary_smtp_address, s.args.user, "primary address")
        equal(a.inbox.name, "Inbox", "name of the inbox")
        equal(a.inbox.id, s.alice.inbox.id, "id of the inbox")

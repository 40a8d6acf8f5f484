"""Lets exchangelib read the subjects in an inbox by a way in.

Arguments: endpoint, PEM file to trust, way (basic, digest or NTLM), user, password, address.
"""

import os
import sys

endpoint, ca, way, user, password, address = sys.argv[1:]
os.environ["REQUESTS_CA_BUNDLE"] = ca

from exchangelib import DELEGATE, Account, Configuration, Credentials, FailFast  # noqa: E402

config = Configuration(service_endpoint=endpoint, credentials=Credentials(user, password), auth_type=way, retry_policy=FailFast())
account = Account(primary_smtp_address=address, config=config, autodiscover=False, access_type=DELEGATE)
print(",".join(account.inbox.all().order_by("subject").values_list("subject", flat=True)))

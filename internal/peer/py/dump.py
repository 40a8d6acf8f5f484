"""What mailboxes hold, as JSON: every folder, every item with every field that exchangelib knows.

A field is named after the element that it comes in; its value is a string, a list, or an object whose keys are names of
elements and attributes. So it can be held against the XML of another client without knowing either's names.
"""

import base64
import datetime
import enum
import json
from decimal import Decimal

from exchangelib import FolderCollection
from exchangelib.attachments import FileAttachment, ItemAttachment
from exchangelib.ewsdatetime import EWSTimeZone
from exchangelib.fields import AppointmentStateField, EnumField, ExtendedPropertyField
from exchangelib.properties import EWSElement

import values  # noqa: F401  registers the extended properties


def local(tag):
    return tag.rsplit("}", 1)[-1]


def canon(v, account):
    if v is None or isinstance(v, list) and not v:
        return None
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, datetime.datetime):
        return v.astimezone(EWSTimeZone("UTC")).isoformat().replace("+00:00", "Z")
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, (int, Decimal)):
        return str(v)
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    if isinstance(v, enum.Enum):
        return str(v.value)
    if isinstance(v, datetime.tzinfo):
        return {"Id": v.ms_id}
    if isinstance(v, str):
        return str(v)
    if isinstance(v, (list, tuple)):
        return [canon(x, account) for x in v]
    if isinstance(v, FileAttachment):
        return {"Name": v.name, "ContentType": v.content_type, "ContentId": v.content_id, "IsInline": canon(v.is_inline, account),
                "Content": base64.b64encode(v.content).decode()}
    if isinstance(v, ItemAttachment):
        return {"Name": v.name, "Item": fields(v.item, account)}
    if isinstance(v, EWSElement):
        out = {}
        for f in v.FIELDS:
            x = getattr(v, f.name)
            if x is None or isinstance(x, list) and not x or x == f.default:
                continue  # not told from what was not there
            # A part without a name of its own is the text of the element, or an element named after its class.
            name = getattr(f, "field_uri", None) or (type(x).ELEMENT_NAME if isinstance(x, EWSElement) else "text")
            name = name.rsplit(":", 1)[-1]
            if isinstance(f, EnumField):
                x = " ".join(f.as_string(x)) if f.is_list else f.as_string(x)
            out[name] = canon(x, account)
        return out
    raise TypeError(f"{type(v)}: {v!r}")


def fields(item, account):
    out = {"": type(item).ELEMENT_NAME}
    for f in item.supported_fields(version=account.version):
        v = getattr(item, f.name)
        if isinstance(f, ExtendedPropertyField):
            if v is not None:
                cls = f.value_cls
                out.setdefault("ExtendedProperty", {})[cls.property_name or str(cls.property_id)] = canon(v, account)
            continue
        name = local(f.response_tag()) if f.name != "_id" else "ItemId"
        if f.name == "mime_content":
            continue  # two renderings of one item may differ
        if f.name == "attachments":
            for a in v or []:
                a.parent_item = item
        if isinstance(f, AppointmentStateField) and v is not None:
            v = sum(f.STATES[x] for x in v)
        out[name] = canon(v, account)
        if f.name == "body" and v is not None:
            out[name] = {"BodyType": v.body_type, "text": str(v)}
    return out


def mailbox(account):
    out = {"address": account.primary_smtp_address, "folders": [], "items": []}
    account.root.clear_cache()
    for f in account.root.walk():
        f.refresh()
        out["folders"].append({
            "id": f.id, "parent": f.parent_folder_id.id, "name": f.name, "class": f.folder_class, "path": f.absolute,
            "total": f.total_count, "unread": f.unread_count, "children": f.child_folder_count,
        })
        if not f.total_count:
            continue
        # By their ids, for a query asks for no more than the folder's class lets it expect.
        ids = list(FolderCollection(account=account, folders=[f]).all().values_list("id", "changekey"))
        for item in account.fetch(ids):
            if isinstance(item, Exception):
                raise item
            out["items"].append(fields(item, account))
    return out


def write(accounts, path):
    with open(path, "w", encoding="utf-8") as f:
        json.dump([mailbox(a) for a in accounts], f, ensure_ascii=False, indent=1, sort_keys=True)

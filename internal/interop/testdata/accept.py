"""Accepts GSSAPI tokens by MIT's library, and says what comes of them.

Arguments: the channel bindings in hex (- for none). The tokens come by standard
input, a line each in base64, and so do the answers: "continue TOKEN", or what
came of it in the end. The keytab is that of KRB5_KTNAME, the users of NTLM those
of NTLM_USER_FILE.
"""

import base64
import ctypes
import sys


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_char_p)]


class Answer(ctypes.Structure):  # may hold zero bytes
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]


class Bindings(ctypes.Structure):
    _fields_ = [
        ("initiator_type", ctypes.c_uint32), ("initiator", Buffer),
        ("acceptor_type", ctypes.c_uint32), ("acceptor", Buffer),
        ("application", Buffer),
    ]


BOUND = 2048  # GSS_C_CHANNEL_BOUND_FLAG
ERRORS = {1: "BAD_MECH", 4: "BAD_BINDINGS", 7: "NO_CRED", 9: "DEFECTIVE_TOKEN", 13: "FAILURE"}


CONTINUE = 1


def main():
    gss = ctypes.CDLL("libgssapi_krb5.so.2")
    bindings = None
    if sys.argv[1] != "-":
        data = bytes.fromhex(sys.argv[1])
        bindings = Bindings(application=Buffer(len(data), data))
    minor, flags = ctypes.c_uint32(), ctypes.c_uint32()
    context, name = ctypes.c_void_p(), ctypes.c_void_p()
    for line in sys.stdin:
        raw = base64.b64decode(line)
        token, out = Buffer(len(raw), raw), Answer()
        major = gss.gss_accept_sec_context(
            ctypes.byref(minor), ctypes.byref(context), None, ctypes.byref(token),
            ctypes.byref(bindings) if bindings else None, ctypes.byref(name), None,
            ctypes.byref(out), ctypes.byref(flags), None, None)
        if major >> 16:
            print(ERRORS.get(major >> 16 & 0xFF, hex(major)))
            return
        if not major & CONTINUE:
            break
        print("continue", base64.b64encode(ctypes.string_at(out.value, out.length)).decode(), flush=True)
    shown = Buffer()
    gss.gss_display_name(ctypes.byref(minor), name, ctypes.byref(shown), None)
    print(shown.value.decode(), "bound" if flags.value & BOUND else "not bound", "mutual" if flags.value & 2 else "")


main()

"""What makes the bytes of one unchanged page differ between any two fetches: tokens, cloak ids, hit counters.

Pages are kept with markers; the server fills them in at every answer. ``%%BASE%%`` becomes the site's address,
``%%TOKEN%%`` Joomla's form token, ``%%HITS%%`` the item's counter, ``%%CLOAK%%`` the organisation's e-mail address in
Joomla's spam protection and ``%%CLOAK:someone@example.org%%`` another one.
"""

from __future__ import annotations

import re
import secrets

CLOAKED = "This email address is being protected from spambots. You need JavaScript enabled to view it."
OFFICE = "info@campbellcollaboration.org"

_CLOAK = re.compile(r"%%CLOAK(?::([^%\s]+))?%%")

_SCRIPT = """<span id="cloak{id}">{sentence}</span><script type='text/javascript'>
				document.getElementById('cloak{id}').innerHTML = '';
				var prefix = '&#109;a' + 'i&#108;' + '&#116;o';
				var path = 'hr' + 'ef' + '=';
				var addy{id} = '{local}' + '&#64;';
				addy{id} = addy{id} + '{host}' + '&#46;' + '{top}';
				var addy_text{id} = '{local}' + '&#64;' + '{host}' + '&#46;' + '{top}';{element}.innerHTML += {link};
		</script>"""
_ELEMENT = "document.getElementById('cloak{id}')"
_LINK = r"""'<a ' + path + '\'' + prefix + ':' + addy{id} + '\'>'+addy_text{id}+'<\/a>'"""


def fill(page: str, base: str, hits: int) -> str:
    """Return the page as one answer sends it."""
    page = _CLOAK.sub(lambda found: cloak(found[1] or OFFICE), page)
    return page.replace("%%BASE%%", base).replace("%%TOKEN%%", secrets.token_hex(16)).replace("%%HITS%%", str(hits))


def cloak(address: str) -> str:
    """Return an e-mail address as Joomla's emailcloak plugin prints it: vowels as entities, in parts, a fresh id."""
    local, _, domain = address.partition("@")
    host, _, top = domain.rpartition(".")
    parts = {"local": _entities(local), "host": _entities(host), "top": _entities(top)}
    number = secrets.token_hex(16)
    script = _SCRIPT.replace("{element}", _ELEMENT).replace("{link}", _LINK)
    return script.format(id=number, sentence=CLOAKED, **parts)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(one)};" if one in "aeiou" else "&#46;" if one == "." else one for one in text)

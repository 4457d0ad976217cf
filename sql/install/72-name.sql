-- 72-name: what places, roads and zones are called.

CREATE FUNCTION timevmaps.tv_fold(name text, spelled boolean DEFAULT false) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_fold(text, boolean) IS
'A name as names are compared: small letters and digits of ASCII, one blank between words, none at the ends.
It is the same in every locale and encoding of the database, for a text in NFC and in NFD, and of what it returns. Latin letters lose their marks and strokes (ligatures, eszett and thorn are two letters), Cyrillic and Greek ones are spelled in Latin, digits of every script are 0 to 9. A letter of another script is a word of its own, of five letters. Marks that are no vowels are left out; punctuation, symbols and blanks are one blank.
spelled: umlauts as two letters, as they are written without such keys: ae, oe, ue, and aa for a with a ring.
Source: docs/names.md.';

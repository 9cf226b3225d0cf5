# SPDX-License-Identifier: GPL-2.0
#
# Turns a header of uapi/image into a part of a man page: what its comments
# say, a table of the fields of each structure, a table of the constants.

function escape(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	gsub(/'/, "\\(aq", s)
	while (match(s, /@[a-z_0-9]+/))
		s = substr(s, 1, RSTART - 1) "\\fI" \
		    substr(s, RSTART + 1, RLENGTH - 1) "\\fP" \
		    substr(s, RSTART + RLENGTH)
	return s
}

# Lines that are not too long, and none that groff takes for a request.
function print_text(s,    n, i, words, line)
{
	n = split(s, words, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line words[i]) > 75) {
			print line
			line = ""
		}
		if (line == "" && words[i] ~ /^[.\\]/)
			words[i] = "\\&" words[i]
		line = line (line == "" ? "" : " ") words[i]
	}
	if (line != "")
		print line
}

# None behind the heading of a section.
function break_paragraph()
{
	if (begun)
		print ".PP"
	begun = 1
}

function paragraph(s)
{
	if (s == "")
		return
	break_paragraph()
	print_text(escape(s))
}

function start_table(heads)
{
	break_paragraph()
	print ".TS\n" heads
}

function begin_table(heads)
{
	if (!table)
		start_table(heads)
	table = 1
}

function end_table()
{
	if (table)
		print ".TE"
	table = 0
}

function row(a, b, text)
{
	print a "\t" b "\tT{"
	print_text(escape(text))
	print "T}"
}

function size_of(type)
{
	if (type == "__u8" || type == "char")
		return 1
	if (type == "__le16")
		return 2
	if (type == "__le32")
		return 4
	if (type == "__le64")
		return 8
	return 0
}

# @name: text of a kernel-doc comment, and the rest of it as paragraphs
function take_comment(line)
{
	sub(/^ \* ?/, "", line)
	if (match(line, /^@[A-Za-z_0-9]+: /)) {
		field = substr(line, 2, RLENGTH - 3)
		meaning[field] = substr(line, RLENGTH + 1)
	} else if (field != "" && line ~ /^[ \t]/) {
		sub(/^[ \t]+/, "", line)
		meaning[field] = meaning[field] " " line
	} else if (line == "") {
		field = ""
		if (said != "")
			said = said "\n"
	} else if (line ~ /^(struct|enum) [a-z_0-9]+ - /) {
		sub(/^(struct|enum) [a-z_0-9]+ - /, "", line)
		sub(/^KCR_KIND_[A-Z0-9_]+(: |; |$)/, "", line)
		title = line
		field = ""
	} else {
		field = ""
		said = said (said == "" || said ~ /\n$/ ? "" : " ") line
	}
}

function say_comment(    n, i, parts)
{
	n = split(said, parts, "\n")
	for (i = 1; i <= n; i++)
		paragraph(parts[i])
	said = ""
}

function end_constants()
{
	end_table()
	note = ""
}

# SPDX line, and comments for one line of code
/^\/\* SPDX/ { next }

/^\/\*\*?$/ {
	end_constants()
	comment = 1
	field = ""
	title = ""
	split("", meaning)
	next
}

comment && /^ \*\/$/ {
	comment = 0
	waits = 1	# a structure may follow, whose table stands first
	next
}

comment { take_comment($0); next }

/^\/\* .* \*\/$/ {
	note = $0
	gsub(/^\/\* | \*\/$/, "", note)
	sub(/^enum [a-z_]+ - /, "", note)
	next
}

# A note that stands before several constants is about all of them.
held != "" {
	if ($0 ~ /^#define KCR_/) {
		end_table()
		paragraph(note)
		begin_table("lb r lx.")
		note = ""
	} else {
		begin_table("lb r lx.")
	}
	row(held, held_value, note)
	held = ""
	note = ""
}

/^#define KCR_/ && $2 !~ /[(]/ && NF > 2 {
	if (waits)
		say_comment()
	waits = 0
	text = ""
	if (match($0, /\/\* .* \*\//))
		text = substr($0, RSTART + 3, RLENGTH - 6)
	value = $0
	sub(/^#define[ \t]+[A-Z0-9_]+[ \t]+/, "", value)
	sub(/[ \t]*\/\*.*$/, "", value)
	gsub(/[()u]|ll$/, "", value)
	known[$2] = value
	if (value ~ /^[0-9]+ << [0-9]+$/) {
		split(value, shift, " << ")
		value = shift[1] * 2 ^ shift[2]
	}
	if ($2 ~ /_FLAGS$|_TYPES$|_SEALS$|_NO_BYTES$/) {	# all of the others
		note = ""
		next
	}
	if (note != "" && text == "") {
		held = $2
		held_value = value
		next
	}
	begin_table("lb r lx.")
	row($2, value, text)
	next
}

/^enum [a-z_]+ \{$/ {
	end_table()
	paragraph(title == "" ? note : title)
	note = ""
	inside = "enum"
	next
}

/^struct [a-z_0-9]+ \{$/ {
	end_constants()
	name = $2
	paragraph("struct " name (title == "" ? "" : ": " title))
	inside = "struct"
	at = 0
	start_table("r r lb lx.")
	next
}

inside == "enum" && /=/ {
	begin_table("lb r lx.")
	value = $3
	sub(/,.*/, "", value)
	row($1, value, meaning[$1])
	next
}

inside == "struct" && NF >= 2 && !/^\}/ {
	type = $1
	part = $2
	if (type == "struct") {
		type = $2
		part = $3
	}
	sub(/;$/, "", part)
	count = 1
	if (match(part, /\[.*\]/)) {
		count = substr(part, RSTART + 1, RLENGTH - 2)
		part = substr(part, 1, RSTART - 1)
		if (count in known)
			count = known[count]
	}
	size = size_of(type) * count
	if (count == "" || !size)
		row(at "\t", part, "more of them")
	else
		row(at "\t" size, part, meaning[part])
	at += size
	next
}

/^\};?$/ && inside != "" {
	if (inside == "struct")
		print ".TE"
	else
		end_table()
	inside = ""
	title = ""
	say_comment()
	waits = 0
	next
}

END {
	end_table()
	if (!begun)
		paragraph(note)
	say_comment()
}

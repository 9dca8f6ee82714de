package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// What a .kithignore may have at most; what goes beyond is told and not used.
const (
	MaxLines = 1000
	MaxLine  = 1024 // bytes
)

// Problem is a line of a .kithignore that is not used, and why.
type Problem struct {
	Line   int // from 1
	Reason string
}

// parse reads the content of a .kithignore as git reads a .gitignore.
func parse(content []byte) ([]pattern, []Problem) {
	var patterns []pattern
	var problems []Problem
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	for n := 1; len(content) > 0; n++ {
		if n > MaxLines {
			return patterns, append(problems, Problem{n, fmt.Sprintf("only the first %d lines are used", MaxLines)})
		}
		var line []byte
		line, content, _ = bytes.Cut(content, []byte{'\n'})
		line = bytes.TrimSuffix(line, []byte{'\r'})
		p, err := parseLine(line)
		switch {
		case err != nil:
			problems = append(problems, Problem{n, err.Error()})
		case p != nil:
			p.line = n
			patterns = append(patterns, *p)
		}
	}
	return patterns, problems
}

// parseLine makes a pattern of a line; nil for an empty one or a comment.
func parseLine(line []byte) (*pattern, error) {
	switch {
	case len(line) == 0 || line[0] == '#':
		return nil, nil
	case len(line) > MaxLine:
		return nil, fmt.Errorf("the line is longer than %d bytes", MaxLine)
	case bytes.IndexByte(line, 0) >= 0:
		return nil, errors.New("the line has a zero byte")
	}
	text := trimSpaces(string(line))
	if text == "" {
		return nil, nil
	}
	p := &pattern{text: text}
	text, p.negated = strings.CutPrefix(text, "!")
	text, p.dirOnly = strings.CutSuffix(text, "/")
	rooted := strings.Contains(text, "/")
	parts, err := compile(strings.TrimPrefix(text, "/"))
	if err != nil {
		return nil, err
	}
	if rooted {
		p.parts = parts
	} else {
		p.name = &parts[0].glob
	}
	return p, nil
}

// trimSpaces removes the spaces at the end that no backslash protects.
func trimSpaces(s string) string {
	end := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ':
			continue
		case '\\':
			i++
		}
		end = i + 1
	}
	return s[:min(end, len(s))]
}

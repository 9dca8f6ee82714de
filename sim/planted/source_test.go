package planted

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// source is a source file in which bugs are planted: a function with bugs is written
// once as it is, and once with each, by names of their own. What has its name calls the
// one with the bug that lives.
type source struct {
	right string
	file  *ast.File
	funcs []*ast.FuncDecl // those with bugs
	wrong map[*ast.FuncDecl][]bug
}

func open(name, text string) (*source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	return &source{right: text, file: file, wrong: make(map[*ast.FuncDecl][]bug)}, err
}

// of returns the text of a part of the file.
func (s *source) of(from, to token.Pos) string {
	return s.right[from-s.file.FileStart : to-s.file.FileStart]
}

// plant adds a bug.
func (s *source) plant(b bug) error {
	if n := strings.Count(s.right, b.right); n != 1 {
		return fmt.Errorf("the lines to be replaced are %d times there: they have to be there once", n)
	}
	from := s.file.FileStart + token.Pos(strings.Index(s.right, b.right))
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || from < f.Pos() || from+token.Pos(len(b.right)) > f.End()+1 {
			continue
		}
		if f.Type.TypeParams != nil || from < f.Body.Lbrace && !strings.HasPrefix(b.wrong, s.of(from, f.Body.Lbrace)) {
			return fmt.Errorf("no bug can be planted in the parameters of %s, nor if they are types", f.Name.Name)
		}
		if slices.ContainsFunc(s.wrong[f], func(o bug) bool { return o.name == b.name }) {
			return nil // two stories are about it
		}
		if !slices.Contains(s.funcs, f) {
			s.funcs = append(s.funcs, f)
		}
		s.wrong[f] = append(s.wrong[f], b)
		return nil
	}
	return fmt.Errorf("the lines to be replaced are not those of one function")
}

// text returns the file with its bugs.
func (s *source) text() string {
	var b strings.Builder
	slices.SortFunc(s.funcs, func(a, b *ast.FuncDecl) int { return int(a.Pos() - b.Pos()) })
	at := s.file.FileStart
	for _, f := range s.funcs {
		b.WriteString(s.of(at, f.Name.End()))
		b.WriteString("__right")
		at = f.Name.End()
	}
	b.WriteString(s.of(at, s.file.FileEnd))
	for _, f := range s.funcs {
		for i, bug := range s.wrong[f] {
			text := strings.Replace(s.right, bug.right, bug.wrong, 1)
			body := text[f.Name.End()-s.file.FileStart : int(f.End()-s.file.FileStart)+len(bug.wrong)-len(bug.right)]
			fmt.Fprintf(&b, "\n%s__wrong%d%s\n", s.of(f.Pos(), f.Name.End()), i, body)
		}
		b.WriteString(s.chooser(f))
	}
	return b.String()
}

// chooser returns the function that has the name, and calls another.
func (s *source) chooser(f *ast.FuncDecl) string {
	name, n := f.Name.Name, 0
	// list returns parameters, each with a name, and those names as they are passed on.
	list := func(fields *ast.FieldList) (params, args []string) {
		if fields == nil {
			return nil, nil
		}
		for _, field := range fields.List {
			kind := s.of(field.Type.Pos(), field.Type.End())
			names := field.Names
			if len(names) == 0 {
				names = []*ast.Ident{{Name: "_"}}
			}
			for _, ident := range names {
				param := ident.Name
				if param == "_" {
					param = fmt.Sprint("unnamed", n)
					n++
				}
				params = append(params, param+" "+kind)
				if _, many := field.Type.(*ast.Ellipsis); many {
					param += "..."
				}
				args = append(args, param)
			}
		}
		return params, args
	}
	receiver, object := list(f.Recv)
	params, args := list(f.Type.Params)
	results, call, after := "", "", "; return"
	if f.Type.Results != nil {
		results, call, after = s.of(f.Type.Results.Pos(), f.Type.Results.End()), "return ", ""
	}
	of := ""
	if len(object) > 0 {
		of, call = "("+receiver[0]+") ", call+object[0]+"."
	}
	with := "(" + strings.Join(args, ", ") + ")"
	var b strings.Builder
	fmt.Fprintf(&b, "\nfunc %s%s(%s) %s {\n\tswitch theBugThatLives {\n", of, name, strings.Join(params, ", "), results)
	for i, bug := range s.wrong[f] {
		fmt.Fprintf(&b, "\tcase %q:\n\t\t%s%s__wrong%d%s%s\n", bug.name, call, name, i, with, after)
	}
	fmt.Fprintf(&b, "\t}\n\t%s%s__right%s\n}\n", call, name, with)
	return b.String()
}

// choice returns the file that says which bug lives, for a directory with source
// files in which some were planted.
func (s *source) choice() string {
	return fmt.Sprintf("package %s\n\nimport \"os\"\n\nvar theBugThatLives = os.Getenv(%q)\n", s.file.Name.Name, lives)
}

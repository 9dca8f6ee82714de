package disk

import "testing"

// Names that Windows made up are not taken for names of files.
func TestShortNamesStandForTheirDirectory(t *testing.T) {
	for name, want := range map[string]string{
		`d\PHOTOS~1.JPG`: "d", `d\e\OLD~12`: `d\e`, `d\OLD~12\f`: "d",
		`d\file.txt`: `d\file.txt`, `d\~$letter.docx`: `d\~$letter.docx`, `d\backup~`: `d\backup~`,
	} {
		if got, ok := known(name); got != want || !ok {
			t.Errorf("%s is known as %q, %v; want %q", name, got, ok, want)
		}
	}
	if got, ok := known("PHOTOS~1.JPG"); ok {
		t.Errorf("a short name in the folder itself is known as %q", got)
	}
}

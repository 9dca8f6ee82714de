package plot

import "strconv"

// looks is the style sheet of all pictures. It is given the colours of text and
// ground by another.
const looks = `
.kith-plot { font: 12px system-ui, "Segoe UI", Roboto, sans-serif; }
.kith-plot .ground, .kith-plot .none { fill: none; stroke: none; }
.kith-plot .axis.stroke, .kith-plot path.axis { fill: none; stroke: currentColor; stroke-opacity: .35; }
.kith-plot text { fill: currentColor; stroke: none; }
.kith-plot text.axis, .kith-plot text.note { fill-opacity: .7; }
.kith-plot text.nothing { text-anchor: middle; }
.kith-plot .grid { fill: none; stroke: currentColor; stroke-opacity: .13; }
.kith-plot .nought { fill: none; stroke: currentColor; stroke-opacity: .5; }
.kith-plot .source { fill-opacity: .72; stroke-width: 1; stroke-linejoin: round; }
.kith-plot .c0 { fill: #1f77d0; stroke: #1f77d0; }
.kith-plot .c1 { fill: #e69f00; stroke: #e69f00; }
.kith-plot .c2 { fill: #009e73; stroke: #009e73; }
.kith-plot .c3 { fill: #cc79a7; stroke: #cc79a7; }
.kith-plot .c4 { fill: #56b4e9; stroke: #56b4e9; }
.kith-plot .c5 { fill: #d55e00; stroke: #d55e00; }
.kith-plot .c6 { fill: #8b6cd8; stroke: #8b6cd8; }
.kith-plot .others { fill: #8a8f98; stroke: #8a8f98; }
`

// Colors is how many colours there are for sources; Grey is that of all others.
const (
	Colors = 7
	Grey   = Colors
)

const (
	inkLight = ".kith-plot { color: #1f2328; }\n"
	inkDark  = ".kith-plot { color: #e6edf3; }\n"
)

// sheet returns the style sheet that goes with a picture.
func sheet(theme Theme) string {
	switch theme {
	case Light:
		return looks + inkLight + ".kith-plot .ground { fill: #ffffff; }\n"
	case Dark:
		return looks + inkDark + ".kith-plot .ground { fill: #16191d; }\n"
	}
	return looks + inkLight + "@media (prefers-color-scheme: dark) { " + inkDark + "}\n"
}

// class returns the classes of what is drawn for a source.
func class(s Source) string {
	if s.Color < 0 || s.Color >= Colors {
		return "source others"
	}
	return "source c" + strconv.Itoa(s.Color)
}

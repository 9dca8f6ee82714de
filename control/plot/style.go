package plot

import "strconv"

// Style is the style sheet of a picture in a page. It takes the colour of text
// from where the picture stands, and draws no ground.
const Style = `
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

// Colors is how many sources have a colour of their own.
const Colors = 7

const (
	inkLight = ".kith-plot { color: #1f2328; }\n"
	inkDark  = ".kith-plot { color: #e6edf3; }\n"
)

// sheet returns the style sheet that goes with a picture.
func sheet(theme Theme) string {
	switch theme {
	case Bare:
		return ""
	case Light:
		return Style + inkLight + ".kith-plot .ground { fill: #ffffff; }\n"
	case Dark:
		return Style + inkDark + ".kith-plot .ground { fill: #16191d; }\n"
	}
	return Style + inkLight + "@media (prefers-color-scheme: dark) { " + inkDark + "}\n"
}

func class(i int, s Source) string {
	if s.Others || i >= Colors {
		return "source others"
	}
	return "source c" + strconv.Itoa(i)
}

package cli

import (
	"fmt"
	"os"

	"kith/control"
)

type plotCmd struct {
	File   string `arg:"" optional:"" help:"File to write; standard output unless said."`
	Folder string `help:"Only what moved in this folder." placeholder:"FOLDER"`
	Device string `help:"Only what came from this device or went to it." placeholder:"DEVICE"`
	Span   string `help:"How far back: ${enum}." enum:"10m,1h,1d" default:"10m"`
	Width  int    `help:"Width in pixels." default:"720"`
	Height int    `help:"Height in pixels." default:"260"`
	Theme  string `help:"For which ground: ${enum}." enum:"light,dark,auto" default:"light"`
}

func (c *plotCmd) Run(s *session) error {
	door, err := s.door()
	if err != nil {
		return err
	}
	svg, err := door.Plot(s.ctx, control.PlotRequest{
		Folder: c.Folder, Device: c.Device, Span: control.PlotSpan(c.Span),
		Width: c.Width, Height: c.Height, Theme: c.Theme,
	})
	if err != nil {
		return err
	}
	if c.File == "" {
		_, err = s.say.out.Write(svg)
		return err
	}
	if err := os.WriteFile(c.File, svg, 0o644); err != nil {
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}

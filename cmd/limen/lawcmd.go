package main

import "limen/house"

type lawCmd struct {
	Act     string `arg:"" optional:"" help:"Number or short name of an act, as 2017/2226 or EES; or an article of any act."`
	Article string `arg:"" optional:"" help:"Article, as 23."`
}

// Run prints what stands in the code for an act or article.
func (c *lawCmd) Run(s streams) error { return house.Law(s.out, c.Act, c.Article) }

package main

import "limen/house"

type lawCmd struct {
	Act     string `arg:"" optional:"" help:"Number or short name of an act, as 2017/2226 or EES; an article of any act; or a requirement, as EES-036."`
	Article string `arg:"" optional:"" help:"Article, as 23 or 23(2)."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Help is the command's long help.
func (lawCmd) Help() string {
	return `Paragraph by paragraph: the files and functions that carry it out, the requirements, the tests, and what is
not implemented and why.`
}

// Run prints what stands in the code for an act or article.
func (c *lawCmd) Run(s streams) error {
	if c.JSON {
		return house.LawJSON(s.out, c.Act, c.Article)
	}
	return house.Law(s.out, c.Act, c.Article)
}

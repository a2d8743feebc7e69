"""The studio: a local web app, and the HTTP interface that its page uses.

What is made: `limits` says how much of the machine it may take; `jobs` runs what `orders` ask for, one after the other,
on one thread; `job` is what others see of one of them while it is made, and `results` what is kept of it afterwards.
None of these reads or writes files, or knows the web framework.

How it is asked for: `serving` listens, `guard` refuses what does not come from this machine's own page or programs,
`app` and `job_routes` have the routes, `uploads` and `ordering` make an order of what was sent, `errors` gives every
error its one shape, `schema` is what the page's forms are made from, and `document` and `models` say all this in the
OpenAPI document. `static/` is the page, plain HTML, CSS and ES modules without a build step.

Importing this package loads no web framework: `serving` does, when it is asked.
"""

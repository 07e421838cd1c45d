"""The commands, put together."""

import typer

from commands import adapt, config, explain, model, posts, query, running, sources, spikes, state, users

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Afterclick finds public complaints about deliveries and service and puts them before someone who answers.",
)
app.command()(running.run)
app.command()(running.work)
app.command()(running.board)
app.command()(posts.collect)
app.command(name="import")(posts.import_)
app.command(name="recheck")(sources.recheck_)
app.command()(posts.classify)
app.command()(explain.explain)
app.command()(adapt.adapt)
app.command()(spikes.spikes)
app.command()(model.train)
app.command()(model.evaluate)
app.command()(state.stats)
app.command()(state.check)
app.add_typer(config.app, name="config")
app.add_typer(sources.app, name="sources")
app.add_typer(query.app, name="query")
app.add_typer(users.app, name="users")

"""One file for each route: `respond(request, log)`."""

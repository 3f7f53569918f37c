using System.Net;
using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Html;
using Fulcrum.Runs;
using Fulcrum.View.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fulcrum.View;

/// <summary>A local web server with pages about run folders.</summary>
/// <remarks>It listens on the loopback address only, and refuses requests without the token. It changes nothing. A
/// report is rendered from the files of the run; HTML in an untrusted run folder is never sent.</remarks>
internal sealed class ViewServer : IAsyncDisposable
{
    private const int MostCompared = 20;
    private readonly WebApplication app;
    private readonly RunList runs;
    private readonly RunReader reader;

    private ViewServer(WebApplication app, RunList runs, TimeProvider clock) =>
        (this.app, this.runs, reader) = (app, runs, new RunReader(clock));

    /// <summary>The address of the list, with the token.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts a server.</summary>
    /// <param name="folders">Run folders, or folders with run folders below them.</param>
    /// <param name="port">The port; 0: a free one.</param>
    /// <exception cref="InputException">A given run cannot be read. The message says why.</exception>
    /// <exception cref="FulcrumException">The port is in use.</exception>
    public static async Task<ViewServer> Start(
        IReadOnlyList<string> folders,
        int port,
        TimeProvider clock,
        CancellationToken cancellation = default
    )
    {
        foreach (string folder in folders)
        {
            RequireReadable(folder, clock);
        }

        // The default builder would read environment variables and files that can make the server listen elsewhere.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(IPAddress.Loopback, port, l => l.Use(OwnOnly));
        });
        builder.Services.AddRoutingCore();
        Gate gate = new();
        RunList runs = new(folders);
        runs.Find();
        ViewServer server = new(builder.Build(), runs, clock);
        server.app.Use(next => context => gate.Pass(context, next));
        server.app.Use(server.Explain);
        server.app.UseRouting();
        server.Map();
        try
        {
            await server.app.StartAsync(cancellation);
        }
        catch (IOException e)
        {
            await server.DisposeAsync();
            throw new FulcrumException($"cannot listen on port {port}: {e.Message}", e);
        }

        string address = server.app.Urls.First();
        server.Address = new Uri($"http://127.0.0.1:{new Uri(address).Port}/{gate.Token}/");
        return server;
    }

    // A given run that cannot be read is an error at the start. A run that was found by the search is listed with its
    // error.
    private static void RequireReadable(string folder, TimeProvider clock)
    {
        RunLayout run = new(folder);
        if (!File.Exists(run.Study))
        {
            return;
        }

        _ = RunStatus.StudyOf(run);
        RunSnapshot found = new RunReader(clock).Read(folder);
        string? damaged = found
            .Stages.Where(s => s.Seconds is null)
            .Select(s => run.ManifestPath(s.Name))
            .FirstOrDefault(File.Exists);
        string? problem =
            found.Problem ?? (damaged is null ? null : $"{damaged} is no valid manifest; run the study again");
        if (problem is not null)
        {
            throw new InputException(problem);
        }
    }

    /// <summary>Waits until the server is stopped.</summary>
    public Task Wait(CancellationToken cancellation) => app.WaitForShutdownAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => app.DisposeAsync();

    // Closes a connection of another user of this machine before a byte is read.
    private static ConnectionDelegate OwnOnly(ConnectionDelegate next) =>
        connection =>
        {
            if (Peer.IsOwn(connection.LocalEndPoint as IPEndPoint, connection.RemoteEndPoint as IPEndPoint))
            {
                return next(connection);
            }

            connection.Abort();
            return Task.CompletedTask;
        };

    // A page is rendered completely before it is sent, so an error page can still be sent if rendering fails.
    private async Task Explain(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // An exception that is not a FulcrumException is a defect of Fulcrum. The server continues.
            string message = e is FulcrumException ? e.Message : $"Unexpected failure: {e.GetType().Name}: {e.Message}";
            context.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
            await Html(context, PageParts.Problem(Address.AbsolutePath, Printable.Message(message)));
        }
    }

    private void Map()
    {
        app.MapGet("/", c => Html(c, ListPage.Of(Runs(), live: false)));
        app.MapGet("/live", c => Html(c, ListPage.Of(Runs(), live: true)));
        app.MapGet("/run/{number:int}/", c => OfRun(c, (n, s) => RunPage.Of(n, s, live: false)));
        app.MapGet("/run/{number:int}/live", c => OfRun(c, (n, s) => RunPage.Of(n, s, live: true)));
        app.MapGet("/run/{number:int}/report", Report);
        app.MapGet("/compare", Compare);
        app.MapGet("/view.css", c => Write(c, "text/css", Resource.Text("report.css") + PageParts.Text("view.css")));
        app.MapGet("/view.js", c => Write(c, "text/javascript", PageParts.Text("view.js")));
    }

    private IEnumerable<(int, RunSnapshot, string)> Runs() =>
        runs.Find().Select(r => (r.Number, reader.Read(r.Folder), Path.GetFileName(r.Folder)));

    private Task OfRun(HttpContext context, Func<int, RunSnapshot, Markup> page) =>
        FolderOf(context) is { } run ? Html(context, page(run.Number, reader.Read(run.Folder))) : NotFound(context);

    private Task Report(HttpContext context)
    {
        if (FolderOf(context) is not { } run)
        {
            return NotFound(context);
        }

        try
        {
            string report = Page.Print(RunReport.Read(run.Folder));
            Gate.ForReport(context.Response.Headers);
            return Write(context, "text/html", report);
        }
        catch (Exception e) when (e is FulcrumException or IOException or UnauthorizedAccessException)
        {
            return Html(context, PageParts.Problem("../../", e.Message));
        }
    }

    private Task Compare(HttpContext context)
    {
        string[] folders =
        [
            .. context
                .Request.Query["run"]
                .Take(MostCompared)
                .Select(n => int.TryParse(n, out int number) ? runs.At(number) : null)
                .OfType<string>()
                .Distinct(),
        ];
        return Html(context, ComparePage.Of(folders));
    }

    private (int Number, string Folder)? FolderOf(HttpContext context) =>
        int.TryParse((string?)context.GetRouteValue("number"), out int number) && runs.At(number) is { } folder
            ? (number, folder)
            : null;

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = (int)HttpStatusCode.NotFound;
        return Task.CompletedTask;
    }

    private static Task Html(HttpContext context, Markup page) => Write(context, "text/html", page.ToString());

    private static Task Write(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type + "; charset=utf-8";
        return context.Response.WriteAsync(text);
    }
}

using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Fulcrum.View;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum view</c></summary>
internal static class ViewCommand
{
    public static Command Create()
    {
        Argument<string[]> runs = new("RUNS")
        {
            Description = "Run folders, or folders with run folders in them. Default: the current folder.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<int> port = new("--port") { Description = "The port on this machine. Default: a free one." };
        Option<bool> noOpen = new("--no-open") { Description = "Print the address without opening a browser." };
        Command verb = new(
            "view",
            "Show runs in the browser: running studies live, comparisons of runs, reports. For this machine only."
        )
        {
            runs,
            port,
            noOpen,
        };
        verb.SetAction(
            (parsed, cancellation) =>
                View(
                    parsed.GetValue(runs) is { Length: > 0 } named ? Checked(named) : [Directory.GetCurrentDirectory()],
                    parsed.GetValue(port) is >= 0 and <= 65_535 and var number
                        ? number
                        : throw new InputException("--port: wanted a number from 0 to 65535"),
                    parsed.GetValue(noOpen),
                    cancellation
                )
        );
        return verb;
    }

    private static string[] Checked(string[] folders) =>
        folders.FirstOrDefault(f => !Directory.Exists(f)) is { } missing
            ? throw new InputException($"there is no folder {missing}")
            : folders;

    private static async Task View(string[] folders, int port, bool noOpen, CancellationToken cancellation)
    {
        await using ViewServer server = await ViewServer.Start(folders, port, TimeProvider.System, cancellation);
        await Console.Out.WriteLineAsync($"{server.Address}");
        await Console.Error.WriteLineAsync(
            "fulcrum: the address holds a key: whoever has it can read these runs on this machine. "
                + "Ctrl-C ends the page."
        );
        if (!noOpen && !Console.IsOutputRedirected)
        {
            Open(server.Address);
        }

        await server.Wait(cancellation);
    }

    // Without a browser the printed address is enough.
    private static void Open(Uri address)
    {
        try
        {
            using Process? browser = Process.Start(
                new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true, RedirectStandardError = false }
            );
        }
        catch (Exception e) when (e is Win32Exception or PlatformNotSupportedException or InvalidOperationException) { }
    }
}

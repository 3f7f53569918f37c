using System.CommandLine;
using Fulcrum.Data.Hub;
using Fulcrum.Studies;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>How the verbs reach the hub: its settings, the display of transfers, and consent to large ones.</summary>
internal static class HubAccess
{
    private const long Large = 10_000_000_000;

    /// <summary>A resolver for the names on a command line; its words go to standard error.</summary>
    public static HubResolver Resolver(ParseResult parsed) =>
        new(
            announce: transfer =>
            {
                Consent(parsed, transfer);
                return new TransferDisplay(parsed.GetValue(CommonOptions.Quiet)).Show(transfer);
            },
            say: Say
        );

    /// <summary>Finds what a study names. Nothing is fetched before <see cref="Fetch"/>.</summary>
    /// <param name="commits">The commits that an interrupted run took.</param>
    public static StudySources Sources(ParseResult parsed, HubCommits commits)
    {
        bool quiet = parsed.GetValue(CommonOptions.Quiet);
        HubResolver hub = new(announce: new TransferDisplay(quiet).Show, say: Say);
        return new StudySources(hub, commits, quiet ? null : Say);
    }

    /// <summary>Lists what a study needs from the hub, with sizes, and fetches it.</summary>
    /// <exception cref="InputException">The download is large, and the user did not agree to it.</exception>
    public static void Fetch(ParseResult parsed, StudySources sources)
    {
        (StudyNeed Need, HubTransfer Missing)[] all =
        [
            .. sources.Needs.Select(n => (n, n.Content.Missing)).Where(n => n.Missing.Files.Count > 0),
        ];
        long bytes = all.Aggregate(
            0L,
            (sum, n) => long.MaxValue - sum < n.Missing.Bytes ? long.MaxValue : sum + n.Missing.Bytes
        );
        if (all.Length > 0 && !parsed.GetValue(CommonOptions.Quiet))
        {
            Say($"the study needs {ByteCount.Text(bytes)} from the hub:");
            foreach ((StudyNeed need, HubTransfer missing) in all)
            {
                string files = missing.Files.Count == 1 ? "1 file" : $"{missing.Files.Count} files";
                Say($"  {need.Key}: {need.Content.Location.Pinned}: {files}, {ByteCount.Text(missing.Bytes)}");
            }
        }

        Consent(parsed, bytes, "the study", "agree with --yes");
        sources.Fetch();
    }

    /// <summary>Returns the folder or file of a model or an adapter; fetches what is named on the hub.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="weights">False if configuration and tokenizer are enough.</param>
    /// <exception cref="InputException">There is no such folder, and no such name on the hub.</exception>
    public static string Place(ParseResult parsed, string option, string named, bool weights = true)
    {
        try
        {
            HubLocation place = Resolver(parsed).Model(named, weights);
            if (place.Reference is { } reference && !parsed.GetValue(CommonOptions.Quiet))
            {
                Say($"{option} {named} is {reference} of the hub");
            }

            return place.Path;
        }
        catch (InputException e)
        {
            throw new InputException($"{option}: {e.Message}", e);
        }
    }

    /// <summary>Prints a message of the library.</summary>
    public static void Say(string sentence)
    {
        const string Warning = "warning: ";
        if (sentence.StartsWith(Warning, StringComparison.Ordinal))
        {
            Notices.Warn(sentence[Warning.Length..]);
        }
        else
        {
            Notices.Say(sentence);
        }
    }

    private static void Consent(ParseResult parsed, HubTransfer transfer) =>
        Consent(
            parsed,
            transfer.Bytes,
            transfer.Reference.Id,
            $"agree with --yes, or fetch it with 'fulcrum pull {transfer.Reference}'"
        );

    // Nobody should find 100 GB on a disk because of one line in a script.
    private static void Consent(ParseResult parsed, long bytes, string needing, string advice)
    {
        if (bytes <= Large || parsed.GetValue(CommonOptions.Yes))
        {
            return;
        }

        string what = $"{needing} needs {ByteCount.Text(bytes)} from the hub";
        bool asked = !Console.IsInputRedirected && !Console.IsErrorRedirected;
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
        );
        if (!asked || !console.Confirm(Shown.AsMarkup($"{what}. Fetch it?"), defaultValue: false))
        {
            throw new InputException($"{what}; {advice}");
        }
    }
}

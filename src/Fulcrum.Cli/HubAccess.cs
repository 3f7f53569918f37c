using System.CommandLine;
using Fulcrum.Data.Hub;
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
                return new TransferDisplay(parsed.GetValue(Verbs.Quiet)).Show(transfer);
            },
            say: Say
        );

    /// <summary>Returns the folder or file of a model or an adapter; fetches what is named on the hub.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="weights">False if configuration and tokenizer are enough.</param>
    /// <exception cref="InputException">There is no such folder, and no such name on the hub.</exception>
    public static string Place(ParseResult parsed, string option, string named, bool weights = true)
    {
        try
        {
            HubLocation place = Resolver(parsed).Model(named, weights);
            if (place.Reference is { } reference && !parsed.GetValue(Verbs.Quiet))
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

    /// <summary>Prints a sentence of the library.</summary>
    public static void Say(string sentence) =>
        Console.Error.WriteLine(
            sentence.StartsWith("warning:", StringComparison.Ordinal) ? sentence : $"fulcrum: {sentence}"
        );

    // Nobody should find 100 GB on a disk because of one line in a script.
    private static void Consent(ParseResult parsed, HubTransfer transfer)
    {
        if (transfer.Bytes <= Large || parsed.GetValue(Verbs.Yes))
        {
            return;
        }

        string what = $"{transfer.Reference.Id} needs {ByteCount.Text(transfer.Bytes)} from the hub";
        bool asked = !Console.IsInputRedirected && !Console.IsErrorRedirected;
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }
        );
        if (!asked || !console.Confirm(Shown.AsMarkup($"{what}. Fetch it?"), defaultValue: false))
        {
            throw new InputException($"{what}; agree with --yes, or fetch it with 'fulcrum pull {transfer.Reference}'");
        }
    }
}

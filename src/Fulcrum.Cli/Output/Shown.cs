using Fulcrum.Files;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Texts of others on a terminal: neither markup nor control characters act.</summary>
internal static class Shown
{
    /// <summary>Returns the text for a place that reads markup.</summary>
    public static string AsMarkup(string text) => Markup.Escape(Printable.Lines(text));
}

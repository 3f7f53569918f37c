namespace Fulcrum.Models.Endpoint;

/// <summary>Untrusted texts in the form in which messages quote them.</summary>
internal static class Quoted
{
    /// <summary>One line without control characters, truncated to a number of characters.</summary>
    public static string Line(string text, int most)
    {
        string line = string.Join(
            ' ',
            new string([
                .. text.Take(4 * most).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c),
            ]).Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        return line.Length <= most ? line : line[..most] + "…";
    }
}

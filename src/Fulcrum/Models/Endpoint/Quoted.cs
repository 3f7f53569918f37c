namespace Fulcrum.Models.Endpoint;

/// <summary>Texts of strangers as they stand in a message.</summary>
internal static class Quoted
{
    /// <summary>One line without control characters, at most so many characters long.</summary>
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

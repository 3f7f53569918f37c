using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Report.Elements;

/// <summary>A piece of HTML. It is made from literals in the code and from values that are escaped on their way in, and
/// in no other way.</summary>
internal readonly record struct Markup
{
    /// <summary>Nothing.</summary>
    public static readonly Markup Empty;

    private const int ShortestLater = 4000;

    private readonly string? text;

    private Markup(string text) => this.text = text;

    /// <summary>The literal parts of an interpolated string as they are, its values escaped.</summary>
    public static Markup Of(Writer writer) => new(writer.ToString());

    /// <summary>Pieces one after the other.</summary>
    public static Markup Join(IEnumerable<Markup> pieces) => new(string.Concat(pieces.Select(p => p.text)));

    /// <summary>Returns a text that is bundled with the program: the style sheet or the script.</summary>
    public static Markup Resource(string name) => new(Elements.Resource.Text(name));

    /// <summary>Returns a part that is not shown when the page opens. A long one becomes elements only when the reader
    /// opens it: to a page with scripts it is one text until then. A page without scripts has it as it is.</summary>
    public static Markup Later(Markup part) =>
        part.ToString().Length < ShortestLater ? part : new Markup($"<noscript>{Now(part)}</noscript>");

    // A text of noscript ends at the first end tag. Escaped values hold no tag.
    private static string Now(Markup part) =>
        part.ToString()
            .Replace("<noscript>", "", StringComparison.Ordinal)
            .Replace("</noscript>", "", StringComparison.Ordinal);

    /// <summary>JSON for a data block; its writer must have escaped <c>&lt;</c>, so that no data can end the
    /// block.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public static Markup Data(string json) =>
        json.Contains('<')
            ? throw new ArgumentException("a data block must not contain '<'", nameof(json))
            : new Markup(json);

    /// <inheritdoc/>
    public override string ToString() => text ?? "";

    /// <summary>Receives the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Writer(int literalLength, int holes)
    {
        private readonly StringBuilder html = new(literalLength + holes * 12);

        /// <summary>Literals of the code are HTML.</summary>
        public void AppendLiteral(string literal) => html.Append(literal);

        /// <summary>Values are text.</summary>
        public void AppendFormatted(string? value) => html.Append(WebUtility.HtmlEncode(Printable.Lines(value ?? "")));

        /// <summary>Whole numbers.</summary>
        public void AppendFormatted(int value) => html.Append(value.ToString(CultureInfo.InvariantCulture));

        /// <summary>Coordinates.</summary>
        public void AppendFormatted(double value) => html.Append(value.ToString("0.##", CultureInfo.InvariantCulture));

        /// <summary>What is HTML already.</summary>
        public void AppendFormatted(Markup value) => html.Append(value.text);

        /// <summary>Pieces of HTML one after the other.</summary>
        public void AppendFormatted(IEnumerable<Markup> values)
        {
            foreach (Markup value in values)
            {
                html.Append(value.text);
            }
        }

        /// <inheritdoc/>
        public override string ToString() => html.ToString();
    }
}

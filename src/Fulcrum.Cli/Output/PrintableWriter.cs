using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Cli;

/// <summary>Output that is not a terminal's: control and formatting characters of texts of others are shown instead of
/// sent on.</summary>
/// <remarks>A later terminal, or a shell that reads the file, would act on them. In JSON the form that is shown means
/// the same text.</remarks>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) =>
        inner.Write(char.IsSurrogate(value) ? $"{value}" : Printable.Lines($"{value}"));

    public override void Write(string? value) => inner.Write(Printable.Lines(value ?? ""));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void WriteLine() => inner.Write('\n');

    public override void Flush() => inner.Flush();

    /// <summary>Puts the writer before standard output and standard error where they are redirected.</summary>
    public static void Install()
    {
        if (Console.IsOutputRedirected)
        {
            Console.SetOut(new PrintableWriter(Console.Out));
        }

        if (Console.IsErrorRedirected)
        {
            Console.SetError(new PrintableWriter(Console.Error));
        }
    }
}

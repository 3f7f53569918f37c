using System.Text;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Cli;

/// <summary>The file that a command writes lines to; <c>-</c> is standard output.</summary>
internal static class OutputFile
{
    /// <summary>Writes lines. A file appears only when all of them are written.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, Action<StreamWriter> write)
    {
        if (path == "-")
        {
            using StreamWriter writer = JsonLines.Create(path);
            write(writer);
            return;
        }

        AtomicFile.Write(
            path,
            stream =>
            {
                using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
                write(writer);
            }
        );
    }
}

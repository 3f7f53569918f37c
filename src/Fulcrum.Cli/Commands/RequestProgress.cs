using System.CommandLine;
using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary>The progress of a file of requests, shown once it takes more than two seconds.</summary>
internal static class RequestProgress
{
    public static void Show(ParseResult parsed, string verb, string input, Action<Action<int>> work)
    {
        // Lines of a pipe can be read only once, and those of a packed file cannot be counted.
        if (FileEntry.Of(input).Kind != EntryKind.File || input.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            work(_ => { });
            return;
        }

        long start = Stopwatch.GetTimestamp();
        Lazy<int> total = new(() => LinesOf(input));
        new ConsoleProgress(parsed).Show(tell =>
            work(done =>
            {
                if (Stopwatch.GetElapsedTime(start).TotalSeconds > 2)
                {
                    tell(new RunEvent.Progressed(verb, "", done, total.Value, ProgressUnit.Requests));
                }
            })
        );
    }

    private static int LinesOf(string input)
    {
        using Stream file = BoundedFile.Open(input, long.MaxValue);
        byte[] buffer = new byte[1 << 16];
        int lines = 0;
        byte last = (byte)'\n';
        for (int read; (read = file.Read(buffer)) > 0; last = buffer[read - 1])
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return last == '\n' ? lines : lines + 1; // the last line may have no end
    }
}

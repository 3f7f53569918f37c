using System.CommandLine;
using System.Diagnostics;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary>The progress of a file of requests, shown once it takes more than two seconds.</summary>
internal static class RequestProgress
{
    public static void Show(ParseResult parsed, string verb, string input, Action<Action<int>> work)
    {
        if (!File.Exists(input))
        {
            work(_ => { });
            return;
        }

        long start = Stopwatch.GetTimestamp();
        Lazy<int> total = new(() => File.ReadLines(input).Count());
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
}

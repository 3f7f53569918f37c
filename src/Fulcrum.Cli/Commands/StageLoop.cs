using Fulcrum.Jobs;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary>Does the stages whose names arrive on standard input, and says on standard output what happens.</summary>
internal static class StageLoop
{
    /// <summary>Ends with the standard input.</summary>
    /// <param name="work">Does stages one after the other: gets where to report events, the stages, and where to report
    /// that one has ended.</param>
    public static void Run(Action<Action<RunEvent>, IEnumerable<StageNode>, Action<StageNode, Exception?>> work)
    {
        Lock door = new();
        void Say(JobLine line)
        {
            lock (door)
            {
                Console.Out.WriteLine(line.Print());
                Console.Out.Flush();
            }
        }

        try
        {
            work(
                happened => Say(JobLine.Of(happened)),
                Names(),
                (_, failure) => Say(failure is null ? new JobLine(JobLineKind.Ready) : JobLine.Of(failure))
            );
        }
        catch (FulcrumException e)
        {
            Say(JobLine.Of(e));
        }
    }

    private static IEnumerable<StageNode> Names()
    {
        while (Console.In.ReadLine() is { } name)
        {
            yield return StageNode.Parse(name);
        }
    }
}

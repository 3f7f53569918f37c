using Fulcrum.Data.Hub;
using Fulcrum.Runs;
using Fulcrum.Tasks;

namespace Fulcrum.Report.ModelCard;

/// <summary>Reads what the run folder says about the measurement of a candidate's tasks.</summary>
internal sealed class CardProtocols(RunLayout run, string candidate)
{
    /// <summary>Returns the fields of a task's protocol, sorted by name; none if there is no protocol.</summary>
    public IReadOnlyDictionary<string, string> Of(string task) =>
        Protocol.Read(run.Protocol(RunLayout.Candidate(candidate), task));

    /// <summary>Returns the data set of a task on the hub, with its commit; null if the data came from
    /// elsewhere.</summary>
    public static HubReference? OnHub(TaskPlan plan)
    {
        List<string> names = [];
        _ = plan.Located(path =>
        {
            names.Add(path);
            return path;
        });
        return names.FirstOrDefault(HubReference.IsPinnedName) is { } name
            ? HubReference.Parse(HubKind.Dataset, name)
            : null;
    }

    /// <summary>Returns the split of an item, which its id names: <c>dev/17</c>, <c>philosophy/test/3</c>; null: the id
    /// is another text of the data.</summary>
    public static string? SplitOf(string id) =>
        id.Split('/') is [.., { Length: > 0 } split, _]
        && split.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? split
            : null;
}

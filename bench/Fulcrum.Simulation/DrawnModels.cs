using System.Globalization;
using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Simulation;

/// <summary>A task of which only the clusters matter. A model replies with the score that was drawn for it.</summary>
/// <param name="clusters">The cluster of every item.</param>
internal sealed class DrawnTask(string name, IReadOnlyList<string> clusters) : ITask
{
    public string Name => name;

    public double? ChanceAccuracy => null;

    public IReadOnlyList<Item> Items { get; } =
    [.. clusters.Select((c, i) => new Item($"{i:00000}", c, "", $"{name} {i}", "1"))];

    public IReadOnlyDictionary<string, string> Protocol { get; } = new Dictionary<string, string>();

    public Question Ask(Item item) => new Question.Write(new Prompt.Text(item.Input), MaxNewTokens: 8, []);

    public Grade Grade(Item item, Reply reply)
    {
        string text = ((Reply.Written)reply).Text;
        double score = double.Parse(text, CultureInfo.InvariantCulture);
        return new Grade(score, text, score >= 1 ? "correct" : "wrong");
    }

    public Reply Gold(Item item) => new Reply.Written(item.Target, FinishReason.Stop, 1);
}

/// <summary>Models without a network: each has a score for every item of every task.</summary>
/// <param name="scores">By model and task.</param>
internal sealed class DrawnModels(IReadOnlyDictionary<(string Model, string Task), double[]> scores) : IEngine
{
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    public bool Opens(ModelSource source) => source is ModelSource.Folder;

    public ModelSpec Resolve(ModelSpec model) => model with { Dtype = Dtype.F32, Device = "cpu", Threads = 1 };

    public string DigestOf(ModelSpec model) => NameOf(model);

    public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.OfServer;

    public ILanguageModel Open(ModelSpec model) => new DrawnModel(NameOf(model), scores);

    private static string NameOf(ModelSpec model) => Path.GetFileName(model.Folder);

    private sealed class DrawnModel(string name, IReadOnlyDictionary<(string Model, string Task), double[]> scores)
        : ILanguageModel
    {
        public int ContextLength => 1024;

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation = default
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                string[] asked = ((PromptSource.Text)requests[i].Source!).Value.Split(' ');
                double score = scores[(name, asked[0])][int.Parse(asked[1], CultureInfo.InvariantCulture)];
                string reply = score.ToString("R", CultureInfo.InvariantCulture);
                answered(i, new Completion([], [], FinishReason.Stop, reply));
            }
        }

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        ) => throw new NotSupportedException("drawn models write");

        public void Dispose() { }
    }
}

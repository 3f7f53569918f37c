using Fulcrum.Models;

namespace OwnTaskKind;

/// <summary>An engine without a network: its models add, and some of them forget to carry.</summary>
/// <remarks>Handy for a task kind under construction: a whole study takes less than a second.</remarks>
internal sealed class ScriptedEngine : IEngine
{
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    public bool Opens(ModelSource source) => source is ModelSource.Folder;

    public ModelSpec Resolve(ModelSpec model) => model with { Dtype = Dtype.F32, Device = "cpu", Threads = 1 };

    public string DigestOf(ModelSpec model) => Path.GetFileName(model.Folder);

    // The model takes the text of a prompt itself, so there is no tokenizer.
    public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.OfServer;

    public ILanguageModel Open(ModelSpec model) => new Adder(carries: Path.GetFileName(model.Folder) == "tuned");

    private sealed class Adder(bool carries) : ILanguageModel
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
                string[] parts = ((PromptSource.Text)requests[i].Source!).Value.Split(' ');
                answered(
                    i,
                    new Completion([], [], FinishReason.Stop, $" {Sum(int.Parse(parts[0]), int.Parse(parts[2]))}")
                );
            }
        }

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        ) => throw new NotSupportedException("this model writes and does not score");

        public void Dispose() { }

        private int Sum(int first, int second) =>
            carries ? first + second : (first / 10 * 10) + (second / 10 * 10) + (((first % 10) + (second % 10)) % 10);
    }
}

// Chat clients of Microsoft.Extensions.AI in both directions, on a task of one's own:
// a model folder becomes a chat client, and two chat clients are compared like any models.
// dotnet run --project samples/ChatClients MODEL-FOLDER ADAPTER-FOLDER QUESTIONS.jsonl RUN-FOLDER
using ChatClients;
using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Tasks.Writing;
using Fulcrum.Torch;
using Microsoft.Extensions.AI;

TorchEngine torch = new();
IChatClient Client(string? adapter)
{
    ModelSpec model = torch.Resolve(
        ModelSpec.InFolder(args[0], Dtype.F32) with
        {
            Adapter = adapter is null ? null : new AppliedAdapter(adapter),
        }
    );
    return new TunedChatClient(torch.Open(model), torch.LoadEncoding(model));
}

// Any provider's client can stand here: OpenAI, Azure, Ollama, a gateway, or a stub in a test.
Dictionary<string, IChatClient> clients = new() { ["before"] = Client(null), ["after"] = Client(args[1]) };
Study study = new(
    new BasePlan("before"),
    new Dictionary<string, TaskPlan> { ["facts"] = new GenerationPlan(File: args[2], Id: "id", MaxNewTokens: 12) },
    new Dictionary<string, CandidatePlan> { ["after"] = new(Model: "after") },
    OverrideGuards: ["adapter-active", "noise-floor"]
);
using SqlSandbox sandbox = SqlSandbox.Open();
using RunLock run = RunLock.Open(args[3]);
Experiment experiment = new(
    study,
    run,
    new Engines([new ChatClientEngine(clients)]),
    s => StudyCorpus.Open(s, sandbox)
);
PairedResult facts = experiment.Run()!.Candidates[0].Tasks[0];
Console.WriteLine($"{facts.Items} items: {facts.Before.Score:P1} before, {facts.After.Score:P1} after");

// The controllers of Kubernetes that keep a control plane without nodes usable: they collect garbage, delete
// namespaces, create service accounts and aggregate cluster roles.
//
// They are those of kube-controller-manager that the crate around this file starts. The demo runs them alone:
// the other controllers double the number of packages to compile for them, and would be switched off.
package main

import (
	"context"
	"flag"
	"os/signal"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
)

const (
	workers = 5
	resync  = 5 * time.Minute
	// discovery is the interval at which the garbage collector looks for new kinds. Their number is small
	// here, and a new one must be collected soon.
	discovery = 5 * time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "connect to the cluster with this `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Exit(err)
	}
	// The servers are on this machine: no limit.
	config.QPS = -1
	if err := run(ctx, config); err != nil {
		klog.Exit(err)
	}
}

// run starts the controllers, and returns when ctx is cancelled.
func run(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, resync)
	metadataOnly := metadatainformer.NewSharedInformerFactory(objects, resync)
	started := make(chan struct{})

	collector, err := garbagecollector.NewGarbageCollector(
		ctx,
		client,
		objects,
		restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery())),
		garbagecollector.DefaultIgnoredResources(),
		informerfactory.NewInformerFactory(shared, metadataOnly),
		started,
	)
	if err != nil {
		return err
	}
	accounts, err := serviceaccount.NewServiceAccountsController(
		klog.FromContext(ctx),
		shared.Core().V1().ServiceAccounts(),
		shared.Core().V1().Namespaces(),
		client,
		serviceaccount.DefaultServiceAccountsControllerOptions(),
	)
	if err != nil {
		return err
	}
	namespaces := namespace.NewNamespaceController(
		ctx,
		client,
		objects,
		client.Discovery().ServerPreferredNamespacedResources,
		shared.Core().V1().Namespaces(),
		resync,
		corev1.FinalizerKubernetes,
	)
	roles := clusterroleaggregation.NewClusterRoleAggregation(shared.Rbac().V1().ClusterRoles(), client.RbacV1())

	go accounts.Run(ctx, 1)
	go namespaces.Run(ctx, workers)
	go roles.Run(ctx, workers)
	go collector.Run(ctx, workers, resync)
	go collector.Sync(ctx, client.Discovery(), discovery)
	shared.Start(ctx.Done())
	metadataOnly.Start(ctx.Done())
	close(started)
	<-ctx.Done()
	return nil
}
